"""The entities of Pipeliner's REST API v100 that the stand-in has, with their properties.

Names, access and required flags follow the vendor's OpenAPI file:
http://pipeliner-api-doc.s3-website-eu-west-1.amazonaws.com/latest/rest/space/openapi.json

A line: `name kind access`, or several names with commas between them. Kinds:

    text, long, email, phone   one line (255), many lines (64 kB), with an @, a phone number
    bool, int, number, date, time, money, json, strings     plain values
    enum:0-3                   an integer of a range
    uuid, ref:Client           an id, an id of a live row of an entity
    option:<data set>, options:<data set>      one, several rows of Data
    uri:owner_id               the URI of what another property names
    many:TagRelation.contact_id      the URIs of the rows that name this one
    calc                       worked out by the renderer
    none, nothing              always null, always []

Access: `r` read-only, `w` writable, `c` on creation only, `u` on update only; `!` required (sales
unit and contact type have a default on creation), `?` null when unset.
"""

from __future__ import annotations

_COMMON = """
    is_delete_protected bool r
    id uuid r
    is_deleted bool r
    modified time r
"""

_CHANNELS = """
    email1,email2,email3,email4,email5 email w
    phone1,phone2,phone3,phone4,phone5 phone w
    address long w
    city,zip_code,state_province,country text w
    comments long w
"""

_SHARED = """
    created time w
    owner uri:owner_id r
    owner_id ref:Client w!
    unit uri:unit_id r
    unit_id ref:SalesUnit w!
    picture,picture_id none w
    is_archived bool w
    is_favorite bool r
    is_unsubscribed bool w
    share_mode enum:0-3 w
    revision int w
    formatted_name calc r
    social_media none w
    documents nothing w
    modified_by_user time r
    currency_exchange_rates_list none r
    currency_exchange_rates_list_id none w
    static_profiles nothing w
"""

TABLES = {
    "Contact": (
        "Contacts",
        "GET POST PATCH DELETE batch merge",
        _COMMON
        + _SHARED
        + _CHANNELS
        + """
    contact_type uri:contact_type_id r
    contact_type_id ref:ContactType w!
    title,first_name,middle_name,last_name text w
    gender enum:0-3 w
    position,quick_account_name text w
    account_position calc w
    primary_account,primary_account_position calc r
    primary_account_account_roles nothing w
    primary_account_relationship calc w
    account_relations many:ContactAccountRelation.contact_id w
    sharing_units many:ContactSharingSalesUnitRelation.contact_id w
    sharing_clients many:ContactSharingClientRelation.contact_id w
    tags many:TagRelation.contact_id w
    exchange_entity_id,gapi_entity_id,o365_entity_id text u
""",
    ),
    "Account": (
        "Accounts",
        "GET POST PATCH DELETE batch",
        _COMMON
        + _SHARED
        + _CHANNELS
        + """
    name text w!
    account_type none r
    account_type_id none w
    customer_type none r
    customer_type_id none w
    industry none r
    industry_id none w
    parent_account uri:parent_account_id r
    parent_account_id ref:Account w
    parent_account_relation_type none r
    parent_account_relation_type_id none w
    quick_parent_account_name text w
    account_class enum:1-5 w
    home_page text w
    health_category,health_status,health none r
    sharing_units,sharing_clients nothing w
    tags many:TagRelation.account_id w
""",
    ),
    "ContactAccountRelation": (
        "ContactAccountRelations",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    account uri:account_id r
    account_id ref:Account w!
    contact uri:contact_id r
    contact_id ref:Contact w!
    is_primary bool w!
    position,comment text w
    relationship enum:0-3 w
    is_assistant,is_sibling bool w
    account_roles nothing w
    revision int w
""",
    ),
    "ContactSharingClientRelation": (
        "ContactSharingClientRelations",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    client uri:client_id r
    client_id ref:Client w!
    contact uri:contact_id r
    contact_id ref:Contact w!
    role enum:1-2 w
    revision int w
""",
    ),
    "ContactSharingSalesUnitRelation": (
        "ContactSharingSalesUnitRelations",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    unit uri:unit_id r
    unit_id ref:SalesUnit w!
    contact uri:contact_id r
    contact_id ref:Contact w!
    role enum:1-2 w
    revision int w
""",
    ),
    "Tag": (
        "Tags",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    creator uri:creator_id r
    creator_id ref:Client w
    name text w!
    color int w!
    supported_entities text c
    use_lang bool w
    revision int w
    is_enabled bool r
    allowed_entity_type_ids json r
""",
    ),
    "TagRelation": (
        "TagRelations",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    tag uri:tag_id r
    tag_id ref:Tag w!
    contact uri:contact_id r
    contact_id ref:Contact w
    account uri:account_id r
    account_id ref:Account w
    lead none r
    lead_id none w
    oppty none r
    oppty_id none w
    project none r
    project_id none w
    email,email_id,task,task_id,appointment,appointment_id,process,process_id none r
    revision int w
""",
    ),
    "Client": (
        "Clients",
        "GET",
        _COMMON
        + """
    created time r
    email text w!
    default_unit uri:default_unit_id r
    default_unit_id ref:SalesUnit w!
    master_right none r
    master_right_id uuid w
    first_name,middle_name,last_name text w
    name,formatted_name calc r
    last_active time w
    phone,picture_url,position,region,timezone,timezone_name text w
    type enum:0-1 w
    default_idp,user_profile_id int r
    unit_membership many:SalesUnitClientRelation.client_id r
    unit_manager_ids,unit_member_ids calc r
    appointment_favorite,task_favorite,account_favorite,contact_favorite nothing r
    profile_favorite,report_favorite,lead_favorite,opportunity_favorite nothing r
    user_recalculation_state text r
    revision int w
""",
    ),
    "SalesUnit": (
        "SalesUnits",
        "GET",
        _COMMON
        + """
    created time r
    name text w!
    parent uri:parent_id r
    parent_id ref:SalesUnit w
    picture,picture_id none w
    revision int w
""",
    ),
    "SalesUnitClientRelation": (
        "SalesUnitClientRelations",
        "GET",
        _COMMON
        + """
    created time r
    client uri:client_id r
    client_id ref:Client w!
    unit uri:unit_id r
    unit_id ref:SalesUnit w!
    unit_role enum:1-2 w
    revision int r
""",
    ),
    "ContactType": (
        "ContactTypes",
        "GET",
        _COMMON
        + """
    has_draft bool r
    created time r
    name text w!
    form_edit_api,form_edit json w
    is_readonly bool w
    can_change_readonly,is_published bool r
    settings text r
    revision int w
""",
    ),
    "Field": (
        "Fields",
        "GET",
        _COMMON
        + """
    has_draft bool w
    created time r
    entity_name,api_name,name text w!
    use_lang int w
    translated_name,name_translated,name_translations text w
    type_id text w!
    primitive_type,source_field_id,source_type_id text w
    composite_field_id,shared_with_field_id,original_dataset_field_id uuid r
    parent_options_field_id uuid w
    column_name text w
    column_source int r
    relation_id text r
    relation_with_entity_id text w
    system_type int r
    data_set_id uuid w
    data_set calc r
    calc_formula text w?
    default_value text r
    sequence_id,sequence_set_id uuid r
    sequence_pattern text r
    sequence,lookup,rollup json w
    options json r
    ai_options,advanced_formula json w
    settings json r
    system_required,system_readonly,is_published,is_unique bool w
    use_in_global_search,use_in_interface_preview,is_available_for_webresource bool r
    is_available_for_advanced_formula,is_readonly_on_recurrent_appointment bool r
    field_permissions nothing r
""",
    ),
    "Data": (
        "Data",
        "GET",
        _COMMON
        + """
    has_draft bool r
    created time r
    data_set_id uuid w!
    option_name text w!
    option_name_translated,option_name_translations text w
    calc_value number w
    sort_order int w
    is_published bool r
    allowed_by json r
    revision int w
""",
    ),
    "Type": (
        "Types",
        "GET",
        """
    is_delete_protected bool r
    id text r
    primitive_type text w
    validator json w
    flag int w
    default_value text w
    relation_type enum:0-2 w
    container_size int w
    is_groupable,is_filterable,is_sortable,is_selectable bool w
""",
    ),
    "Webhook": (
        "Webhooks",
        "GET POST PATCH DELETE batch",
        _COMMON
        + """
    created time r
    application,application_id,client,client_id none r
    insecure_ssl bool w!
    options json w
    signature uuid w
    url text w!
    events strings w!
""",
    ),
}
